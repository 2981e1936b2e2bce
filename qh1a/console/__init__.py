"""The web console: one process on the loopback that shows a running session and sends what people ask for.

It knows the session from the link alone and owns nothing: killing it changes nothing. Who may ask for what is
in `access`; who says so and with which PIN in `pins`; which browser holds control in `lease`; what a request
must look like in `guard`. `desk` puts these before every intent, `audit` writes each down.
"""
