#!/bin/bash
yes published
