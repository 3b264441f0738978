"""The lab: a real IPVS kernel, seven hosts and their wires, wherever the tests run."""
