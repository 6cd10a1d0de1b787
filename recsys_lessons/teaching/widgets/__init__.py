"""The labs: live controls for lessons, one line each.

A lab is two objects. The first is plain Python: state, actions, what to show; tests drive it without a
browser. The second is a thin view of `ipywidgets` that asks the first for everything. A lesson calls neither,
but one function that makes both and shows them; its cell carries the tag ``nbval-ignore-output``::

    # %% tags=["nbval-ignore-output"]
    from recsys_lessons.teaching.widgets import explore_users

    explore_users(model, train, movies.item_labels, test=test, item_features=item_features)

The stored notebook keeps the lab's first state as a static table, since a stored widget cannot be shown
again.
"""

from .embedding_map import EmbeddingMap, Neighbor
from .embedding_map_view import EmbeddingMapView, show_embedding_map
from .feature_ablation import Ablated, FeatureAblation, Gain, Training
from .feature_ablation_view import FeatureAblationView, show_feature_ablation
from .feature_builder import BuiltRow, FeatureBuilder, Placed
from .feature_builder_view import FeatureBuilderView, show_feature_builder
from .feed_simulator import FeedEntry, FeedSimulator
from .feed_simulator_view import FeedSimulatorView, show_feed_simulator
from .loss_builder import AS_BUILT_IN, BuiltRun, LossBuilder, LossPoint, LossSettings
from .loss_builder_view import LossBuilderView, show_loss_builder
from .metric_lab import MetricLab, RankedList, Verdict
from .metric_view import MetricView, show_metric_lab
from .newcomer_article import ArticleLab, Audience, OfGroup, swap_roles
from .newcomer_article_view import ArticleView
from .newcomer_lab import Listed, NewcomerLab, OfTopic
from .newcomer_steps import Folded, Newcomer
from .newcomer_view import NewcomerView, show_newcomer_lab
from .residual_explorer import Adjustment, Errors, ResidualExplorer
from .residual_explorer_view import ResidualExplorerView, show_residual_explorer
from .search_lab import Compared, Searched, SearchLab, SearchRun, SearchSettings
from .search_view import SearchView, show_search_lab
from .sgd_stepper import Blank, SgdStepper
from .sgd_stepper_view import SgdStepperView, show_sgd_stepper
from .split_explorer import Asked, Kept, SplitExplorer
from .split_explorer_view import SplitExplorerView, explore_splits
from .sweep_table import SweepRow, SweepTable, SweepTableView, show_sweep_table
from .training_lab import Point, Run, Settings, TrainingLab
from .training_view import TrainingView, show_training_lab
from .user_explorer import UserExplorer, UserExplorerView, UserLists, explore_users
from .warp_stepper import WarpStepper
from .warp_stepper_view import WarpStepperView, show_warp_stepper

__all__ = [
    "AS_BUILT_IN",
    "Ablated",
    "Adjustment",
    "ArticleLab",
    "ArticleView",
    "Asked",
    "Audience",
    "Blank",
    "BuiltRow",
    "BuiltRun",
    "Compared",
    "EmbeddingMap",
    "EmbeddingMapView",
    "Errors",
    "FeatureAblation",
    "FeatureAblationView",
    "FeatureBuilder",
    "FeatureBuilderView",
    "FeedEntry",
    "FeedSimulator",
    "FeedSimulatorView",
    "Folded",
    "Gain",
    "Kept",
    "Listed",
    "LossBuilder",
    "LossBuilderView",
    "LossPoint",
    "LossSettings",
    "MetricLab",
    "MetricView",
    "Neighbor",
    "Newcomer",
    "NewcomerLab",
    "NewcomerView",
    "OfGroup",
    "OfTopic",
    "Placed",
    "Point",
    "RankedList",
    "ResidualExplorer",
    "ResidualExplorerView",
    "Run",
    "SearchLab",
    "SearchRun",
    "SearchSettings",
    "SearchView",
    "Searched",
    "Settings",
    "SgdStepper",
    "SgdStepperView",
    "SplitExplorer",
    "SplitExplorerView",
    "SweepRow",
    "SweepTable",
    "SweepTableView",
    "Training",
    "TrainingLab",
    "TrainingView",
    "UserExplorer",
    "UserExplorerView",
    "UserLists",
    "Verdict",
    "WarpStepper",
    "WarpStepperView",
    "explore_splits",
    "explore_users",
    "show_embedding_map",
    "show_feature_ablation",
    "show_feature_builder",
    "show_feed_simulator",
    "show_loss_builder",
    "show_metric_lab",
    "show_newcomer_lab",
    "show_residual_explorer",
    "show_search_lab",
    "show_sgd_stepper",
    "show_sweep_table",
    "show_training_lab",
    "show_warp_stepper",
    "swap_roles",
]
