. ./common.sh
docker rename beacon old-beacon
make_beacon && docker start beacon
docker stop --time 20 old-beacon && docker rm old-beacon
