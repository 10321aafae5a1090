"""One file a command: `fanfold NAME` is the click command NAME of the module NAME, loaded when used."""
