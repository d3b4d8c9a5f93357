#!/bin/bash
exec > >(tee log)
echo begin
kubectl out 2
echo end
