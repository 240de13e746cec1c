#!/bin/sh
export ZONE=UTC
