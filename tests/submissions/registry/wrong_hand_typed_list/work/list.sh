#!/bin/bash
cat tags.txt
echo latest
