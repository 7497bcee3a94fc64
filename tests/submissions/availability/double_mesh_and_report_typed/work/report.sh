#!/bin/bash
echo "$SERVICE: no suitable node (insufficient resources on 3 nodes)"
