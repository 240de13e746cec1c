"""From one symbol's bars to records: what evaluation judges and what the server answers is one road."""
