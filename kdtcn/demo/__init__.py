"""The synthetic world: prices and headlines whose causes are known, and the checks of the chain against them."""
