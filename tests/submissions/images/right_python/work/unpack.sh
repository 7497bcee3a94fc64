docker load < images.tar
