"""The demo catalogue: a stand-in for every outside source, with films and pictures that anybody may show."""
