#!/bin/sh
echo "Revision 3"
