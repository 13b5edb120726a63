"""Money and history, pure: amounts in minor units, what is charged to whom."""
