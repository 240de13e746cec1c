"""What a person should know before a saved plan is applied: its dangers, its money, and all the rest.

`changes` reads the plan and hides what is secret, before anything else sees it; `dangers` looks for what would hurt,
one file for each kind; `bill` prices it by the dated book `price_book.toml`; `verdict` puts all that together, and
`terminal`, `markdown` and `page` show it. `commands` are `make review`, `make changes` and `make summary`.
"""
