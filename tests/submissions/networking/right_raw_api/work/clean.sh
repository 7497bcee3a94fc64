api() { curl -s --unix-socket /var/run/docker.sock -X DELETE "http://docker/v1.44$1"; }
api '/containers/edge?force=1&v=1'; api '/containers/middle?force=true'; api '/containers/store?force=1'
api /networks/outer; api /networks/inner
