#!/bin/bash
case a in
  a)
    kubectl get x
    ;;
esac
echo done
