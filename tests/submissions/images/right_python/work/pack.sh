docker save red:1 red:stable blue:1 > images.tar
