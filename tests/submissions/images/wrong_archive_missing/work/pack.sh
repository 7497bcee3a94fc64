docker save --output image.tar red:1 red:stable blue:1
