"""What is running, as a document that the scan reads like any other: collected here, judged by the same rules.

Only questions are asked, nothing is changed. What could hold a secret and no rule needs never enters the document.
"""
