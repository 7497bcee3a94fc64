FROM committed:1
LABEL made=by-me
