"""Where prices and headlines come from: one file a provider behind one interface."""
