#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

build() { docker build --quiet "$@" --file - .; }

build --tag common <<'END'
FROM busybox:1.37
COPY payload /
END
for colour in red blue; do
  build --tag "$colour:1" --build-arg COLOUR="$colour" <<'END'
FROM common
LABEL org.opencontainers.image.authors="me"
ARG COLOUR
RUN printf %s "$COLOUR" > /name
END
done
build --tag red:1 --tag red:stable --build-arg COLOUR=red <<'END'
FROM common
LABEL org.opencontainers.image.authors="me"
ARG COLOUR
RUN printf %s "$COLOUR" > /name
END
build -t fat:1 <<'END'
FROM common
RUN sha256sum payload > sum && rm payload
END
build -t lean:1 <<'END'
FROM common AS counting
RUN sha256sum payload > sum
FROM busybox:1.37
COPY --from=counting /sum /sum
END
