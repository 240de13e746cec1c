"""Where bars come from: one adapter per source, each turning that source's answer into canonical bars.

Standard library only, because the ingestion function's zip carries this package.
"""
