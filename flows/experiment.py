"""The whole chain from prices and headlines to the evaluation table and the explanation report."""



