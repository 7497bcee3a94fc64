docker restart beacon
