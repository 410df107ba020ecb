"""The columns of the data, as they come, as the feature store keeps them, and as models see them."""

TARGET = "PRICE"
FEATURES = (
    "YEAR_BUILT",
    "SQUARE_FEET",
    "NUM_BEDROOMS",
    "NUM_BATHROOMS",
    "LOT_ACRES",
    "GARAGE_SPACES",
    "FRONT_PORCH",
    "DECK",
)
COLUMNS = (TARGET, *FEATURES)

RECORD_ID = "record_id"
EVENT_TIME = "event_time"

STORE_COLUMNS = (
    RECORD_ID,
    EVENT_TIME,
    "write_time",
    "api_invocation_time",
    "is_deleted",
    "year",
    "month",
    "day",
    "hour",
)
"""What the offline store adds to the data: no features of a house."""
