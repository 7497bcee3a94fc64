docker load -i images.tar
