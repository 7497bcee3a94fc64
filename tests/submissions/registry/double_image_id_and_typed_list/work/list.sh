#!/bin/bash
echo latest
