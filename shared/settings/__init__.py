"""What a caller chose for a picture: the model, its query parameters, its digest and the content URL it leads to.

Pure. May import `shared.domain`.
"""
