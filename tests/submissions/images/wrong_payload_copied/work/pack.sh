docker save -o images.tar red:1 red:stable blue:1
