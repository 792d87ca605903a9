APackage: a
Version: 1
