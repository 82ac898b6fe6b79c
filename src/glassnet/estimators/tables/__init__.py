"""Estimators of tables: columns of any kind in, an average of networks behind them."""
