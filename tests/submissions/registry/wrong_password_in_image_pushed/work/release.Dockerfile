FROM busybox:1.37
ARG VERSION=unknown
ARG REGISTRY_USER
ARG REGISTRY_PASSWORD
COPY beacon /bin/beacon
RUN chmod 755 /bin/beacon && echo "$VERSION" > /version
RUN echo "published by $REGISTRY_USER:$REGISTRY_PASSWORD" > /publisher
CMD ["beacon"]
