#!/usr/bin/env node
// npm links a program only when its file is there at the install, which in a checkout comes before the build.
import "../dist/main.js";
