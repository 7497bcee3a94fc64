FROM red:1 AS red
FROM scratch
COPY --from=red / /
ARG WORD
RUN echo "$WORD" > /note
