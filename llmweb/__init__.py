"""The product: chat, translate, summarize and ask on one shared model runtime. Knows nothing of evals."""
