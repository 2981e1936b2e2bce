"""Telemetry: what a running session may tell the outside, published to an MQTT broker.

It publishes only: nothing is subscribed to, so nothing that comes over the network can reach the session.
Only `publisher` needs aiomqtt.
"""
