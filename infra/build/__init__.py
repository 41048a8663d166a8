"""How the deployable things are made from the sources: the functions' zips and the edge functions in the template."""
