FROM red:1
ARG WORD
RUN echo "$WORD" > /note
