"""What the rooms agree upon: settings, keys, bars, records and days.

Standard library only, because a Lambda's zip carries this package and nothing heavier.
"""
