"""One table into one topic, by mq-bridge: ROUTE is its configuration as JSON. It ends when the table has been read."""

import json
import os

from mq_bridge import Route

Route.from_config({"routes": {"load": json.loads(os.environ["ROUTE"])}}, "load").run()
