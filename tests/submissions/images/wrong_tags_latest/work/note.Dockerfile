FROM red
ARG WORD
RUN echo "$WORD" > /note
