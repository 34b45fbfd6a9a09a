#!/bin/bash
# How it was started.
python3 ./train.py --config-file defaults.ini --name from_script --batch-size 4 > train.log 2>&1
