"""Tools that build the data the package ships; run by hand, never at run time."""
