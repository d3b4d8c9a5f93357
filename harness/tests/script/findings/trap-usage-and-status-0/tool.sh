#!/bin/sh
printf 'The unit subcommands\n\nUsage:\n  cub unit [command]\n\nAvailable Commands:\n  apply  Apply a unit\n  list   List units\n\nFlags:\n  -h, --help   help\n'
