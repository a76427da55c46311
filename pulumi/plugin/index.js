// Node resolves an import from the real path of this file: it works through a symbolic link too, unlike a path in `main`.
import "../dist/program/plugin.js";
