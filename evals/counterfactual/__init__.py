"""The counterfactual lens: the same prompt about somebody else, in any feature, against the noise of asking again."""
