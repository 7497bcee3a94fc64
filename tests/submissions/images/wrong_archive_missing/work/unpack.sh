docker load -i image.tar
