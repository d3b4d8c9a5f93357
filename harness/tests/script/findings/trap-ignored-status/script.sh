#!/bin/bash
false
echo ok
