"""The one port of the embedded AWS: who a request is for, who sends it, and how it is answered."""
